-- Times are seconds since 1970. JSON columns hold what core/runs/sql/rows.py encodes.

CREATE TABLE runs (
    number INTEGER PRIMARY KEY,  -- order of creation
    id TEXT NOT NULL UNIQUE,
    task TEXT NOT NULL,
    title TEXT NOT NULL,
    config TEXT NOT NULL,
    phases TEXT NOT NULL,
    owner TEXT NOT NULL,
    parent TEXT REFERENCES runs (id) ON DELETE SET NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'completed', 'stopped', 'failed')),
    status TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    notices TEXT NOT NULL DEFAULT '[]',
    placement TEXT,
    num_parameters INTEGER,
    metrics TEXT NOT NULL DEFAULT '{}',
    progress TEXT,
    attempt INTEGER NOT NULL DEFAULT 0,  -- the fencing token: counts claims
    attempts_without_checkpoint INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 0,  -- changes when events were withdrawn
    last_seq INTEGER NOT NULL DEFAULT 0,  -- of any event ever written, so that a cursor is never reused
    pins_version INTEGER NOT NULL DEFAULT 0,
    stop_requested INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    slot INTEGER,  -- which of the places for running runs: tells workers which graphics card is theirs
    lease_until REAL,
    attempt_started_at REAL,
    seconds_used REAL NOT NULL DEFAULT 0,
    created_at REAL NOT NULL,
    queued_at REAL NOT NULL,
    started_at REAL,
    ended_at REAL,
    deleted_at REAL
);

CREATE INDEX runs_by_state ON runs (state);

CREATE TABLE events (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    step INTEGER NOT NULL,
    epoch REAL NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

CREATE TABLE checkpoints (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,  -- of its event: what came later is withdrawn when a run goes on from here
    step INTEGER NOT NULL,
    epoch REAL NOT NULL,
    folder TEXT NOT NULL,
    hashes TEXT NOT NULL,
    metrics TEXT NOT NULL,
    best INTEGER NOT NULL,
    created_at REAL NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

CREATE TABLE pins (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (run_id, key)
) WITHOUT ROWID;
