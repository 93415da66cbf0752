-- Ends that a run brought about itself since its last checkpoint: only these say that it cannot work.

ALTER TABLE runs ADD COLUMN faults INTEGER NOT NULL DEFAULT 0;
