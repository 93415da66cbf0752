-- What the present attempt has taken so far, as its worker measured it: a difference of two clock times can be a day.

ALTER TABLE runs ADD COLUMN attempt_seconds REAL NOT NULL DEFAULT 0;
