-- The books are made anew and derived from the raw entries; codes that were not used are made again.
DROP TABLE account;
DROP TABLE booked;
DROP TABLE card;
DROP TABLE enrol_code;
DROP TABLE lot;
DROP TABLE posting_total;
DROP TABLE profile;
DROP TABLE quarantine;
DROP TABLE redemption;
DROP TABLE refund;
DROP TABLE refund_line;
DROP TABLE sale;
DROP TABLE sale_line;
DROP TABLE spend;
DROP TABLE takings;
DROP TABLE undone;

CREATE TABLE account (
    id VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    root VARCHAR NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_account_root ON account (root);

CREATE TABLE asked (
    till VARCHAR NOT NULL,
    since_ms BIGINT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (till)
);

CREATE TABLE card (
    id VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    fingerprint BLOB,
    role VARCHAR NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_card_account ON card (account);
CREATE INDEX ix_card_fingerprint ON card (fingerprint);

CREATE TABLE day_takings (
    till VARCHAR NOT NULL,
    day VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    sales BIGINT NOT NULL CHECK (sales BETWEEN -4611686018427387904 AND 4611686018427387904),
    sales_money BIGINT NOT NULL CHECK (sales_money BETWEEN -4611686018427387904 AND 4611686018427387904),
    refunds BIGINT NOT NULL CHECK (refunds BETWEEN -4611686018427387904 AND 4611686018427387904),
    returns_money BIGINT NOT NULL CHECK (returns_money BETWEEN -4611686018427387904 AND 4611686018427387904),
    PRIMARY KEY (till, day, currency)
);
CREATE INDEX ix_day_takings_day ON day_takings (day);

CREATE TABLE enrol_code (
    handle VARCHAR NOT NULL,
    secret_hash BLOB NOT NULL,
    till VARCHAR NOT NULL,
    shop VARCHAR NOT NULL,
    expires_ms BIGINT NOT NULL,
    wrong INTEGER NOT NULL,
    replaces BOOLEAN NOT NULL,
    used_key BLOB,
    PRIMARY KEY (handle)
);

CREATE TABLE even (
    posted BIGINT NOT NULL CHECK (posted = 0),
    apart BIGINT NOT NULL CHECK (apart = 0),
    PRIMARY KEY (posted, apart)
);

CREATE TABLE guess (
    source VARCHAR NOT NULL,
    since_ms BIGINT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (source)
);

CREATE TABLE lot (
    account VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    lot VARCHAR NOT NULL,
    expires VARCHAR,
    amount BIGINT NOT NULL CHECK (amount BETWEEN -4611686018427387904 AND 4611686018427387904),
    PRIMARY KEY (account, unit, lot)
);

CREATE TABLE posting_total (
    unit VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    amount BIGINT NOT NULL CHECK (amount BETWEEN -4611686018427387904 AND 4611686018427387904),
    PRIMARY KEY (unit, account)
);

CREATE TABLE profile (
    subject VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    PRIMARY KEY (subject)
);
CREATE INDEX ix_profile_account ON profile (account);

CREATE TABLE promise (
    till VARCHAR NOT NULL,
    op VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    lot VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,
    upto BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount BETWEEN -4611686018427387904 AND 4611686018427387904),
    PRIMARY KEY (till, op, account, unit, lot)
);
CREATE INDEX ix_promise_account ON promise (account);

CREATE TABLE replaced (
    till VARCHAR NOT NULL,
    "key" BLOB NOT NULL,
    at_ms BIGINT NOT NULL,
    journal INTEGER NOT NULL,
    epoch VARCHAR,
    seq BIGINT NOT NULL,
    head BLOB NOT NULL,
    PRIMARY KEY (till, "key")
);

CREATE TABLE staff (
    shop VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    pin VARCHAR,
    PRIMARY KEY (shop, id)
);

CREATE TABLE shop_key (
    shop VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (shop, number)
);

CREATE TABLE spend (
    account VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    sales BIGINT NOT NULL CHECK (sales BETWEEN -4611686018427387904 AND 4611686018427387904),
    returns BIGINT NOT NULL CHECK (returns BETWEEN -4611686018427387904 AND 4611686018427387904),
    PRIMARY KEY (account, currency)
);

CREATE TABLE takings (
    till VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    sales BIGINT NOT NULL CHECK (sales BETWEEN -4611686018427387904 AND 4611686018427387904),
    sales_money BIGINT NOT NULL CHECK (sales_money BETWEEN -4611686018427387904 AND 4611686018427387904),
    refunds BIGINT NOT NULL CHECK (refunds BETWEEN -4611686018427387904 AND 4611686018427387904),
    returns_money BIGINT NOT NULL CHECK (returns_money BETWEEN -4611686018427387904 AND 4611686018427387904),
    PRIMARY KEY (till, currency)
);

CREATE TABLE booked (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (journal),
    FOREIGN KEY(journal) REFERENCES journal (id)
);

CREATE TABLE fresh (
    journal INTEGER NOT NULL,
    account VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    lot VARCHAR NOT NULL,
    PRIMARY KEY (journal, account, unit, lot),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_fresh_account ON fresh (account);

CREATE TABLE journal_day (
    journal INTEGER NOT NULL,
    day VARCHAR NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    unconfirmed BIGINT NOT NULL,
    PRIMARY KEY (journal, day),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_journal_day_day ON journal_day (day);

CREATE TABLE journal_end (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (journal),
    FOREIGN KEY(journal) REFERENCES journal (id)
);

CREATE TABLE provisional (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    tag VARCHAR NOT NULL,
    entry VARCHAR,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_provisional_tag ON provisional (tag);

CREATE TABLE quarantine (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);

CREATE TABLE redemption (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    op VARCHAR NOT NULL,
    account VARCHAR,
    reward VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    units BIGINT NOT NULL,
    value BIGINT NOT NULL,
    free BOOLEAN NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_redemption_account ON redemption (account);
CREATE INDEX ix_redemption_op ON redemption (op);

CREATE TABLE refund (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    op VARCHAR NOT NULL,
    account VARCHAR,
    card VARCHAR,
    currency VARCHAR NOT NULL,
    money BIGINT NOT NULL,
    day VARCHAR NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_refund_account ON refund (account);

CREATE TABLE refund_line (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    line INTEGER NOT NULL,
    till VARCHAR,
    sale VARCHAR,
    sale_line INTEGER,
    article VARCHAR NOT NULL,
    quantity BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (journal, seq, line),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX refund_line_sale ON refund_line (sale, till);

CREATE TABLE sale (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    op VARCHAR NOT NULL,
    account VARCHAR,
    card VARCHAR,
    currency VARCHAR NOT NULL,
    total BIGINT NOT NULL,
    due BIGINT NOT NULL,
    day VARCHAR NOT NULL,
    sold_at VARCHAR NOT NULL,
    tag VARCHAR NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_sale_account ON sale (account);
CREATE INDEX ix_sale_op ON sale (op);
CREATE INDEX ix_sale_tag ON sale (tag);

CREATE TABLE sale_line (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    line INTEGER NOT NULL,
    article VARCHAR NOT NULL,
    category VARCHAR,
    quantity BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    PRIMARY KEY (journal, seq, line),
    FOREIGN KEY(journal) REFERENCES journal (id)
);

CREATE TABLE settled_line (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    line INTEGER NOT NULL,
    till VARCHAR NOT NULL,
    sale VARCHAR NOT NULL,
    sale_line INTEGER NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (journal, seq, line),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX settled_line_sale ON settled_line (sale, till);

CREATE TABLE settlement (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    refund VARCHAR NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_settlement_refund ON settlement (refund);

CREATE TABLE undone (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    redemption VARCHAR NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);

CREATE TABLE unit_sum (
    unit VARCHAR NOT NULL,
    posted BIGINT NOT NULL,
    apart BIGINT NOT NULL,
    PRIMARY KEY (unit),
    FOREIGN KEY(posted, apart) REFERENCES even (posted, apart) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE job_run (
    job VARCHAR NOT NULL,
    day VARCHAR NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    outcome VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    PRIMARY KEY (job, day)
);

CREATE TABLE closure (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    number BIGINT,
    day VARCHAR NOT NULL,
    head VARCHAR NOT NULL,
    totals VARCHAR NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_closure_day ON closure (day);

CREATE TABLE decision (
    op VARCHAR NOT NULL,
    entry VARCHAR NOT NULL,
    PRIMARY KEY (op)
);

CREATE TABLE erased (
    account VARCHAR NOT NULL,
    own BOOLEAN NOT NULL,
    PRIMARY KEY (account)
);

CREATE TABLE lapse (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    account VARCHAR NOT NULL,
    last_sale VARCHAR NOT NULL,
    until VARCHAR NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_lapse_account ON lapse (account);

CREATE TABLE copy (
    till VARCHAR NOT NULL,
    nonce VARCHAR NOT NULL,
    at_ms BIGINT NOT NULL,
    epoch VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    head BLOB NOT NULL,
    own VARCHAR,
    lost BOOLEAN NOT NULL,
    PRIMARY KEY (till, nonce)
);

CREATE TABLE branch (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (journal),
    FOREIGN KEY(journal) REFERENCES journal (id)
);

CREATE TABLE witnessed (
    till VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (till, epoch)
);

CREATE TABLE written_off (
    till VARCHAR NOT NULL,
    at_ms BIGINT NOT NULL,
    by_name VARCHAR NOT NULL,
    PRIMARY KEY (till)
);

ALTER TABLE till ADD COLUMN reported_ms BIGINT;
ALTER TABLE till ADD COLUMN before_nonce VARCHAR;
ALTER TABLE till ADD COLUMN before_request BLOB;

CREATE TABLE record (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    subject VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    PRIMARY KEY (journal, seq, subject),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_record_subject ON record (subject);

CREATE TABLE profile_field (
    subject VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    PRIMARY KEY (subject, field)
);

CREATE TABLE other_value (
    subject VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    till VARCHAR NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (subject, field, digest)
);
CREATE INDEX ix_other_value_till ON other_value (till);

CREATE TABLE seen_in (
    account VARCHAR NOT NULL,
    shop VARCHAR NOT NULL,
    PRIMARY KEY (account, shop)
);

CREATE TABLE identity (
    till VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    PRIMARY KEY (till, id)
);

CREATE TABLE joined (
    account VARCHAR NOT NULL,
    "into" VARCHAR NOT NULL,
    PRIMARY KEY (account)
);
CREATE INDEX ix_joined_into ON joined ("into");

CREATE TABLE referred (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    op VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (id)
);
CREATE INDEX ix_referred_op ON referred (op);
