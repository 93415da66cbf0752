-- A run is paused as long as it has a command; the number of the last one stays, so that none is obeyed twice.

ALTER TABLE runs ADD COLUMN command TEXT;
ALTER TABLE runs ADD COLUMN num_commands INTEGER NOT NULL DEFAULT 0;
