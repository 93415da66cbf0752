-- Runs of seconds have a place of their own, so that they need not wait for the end of long ones.

ALTER TABLE runs ADD COLUMN brief INTEGER NOT NULL DEFAULT 0;
