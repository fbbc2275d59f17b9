#!/bin/sh
# The image of PostgreSQL runs this once, on its first start: the roles that Barman needs, and replication over the network.
set -eu

psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE barman LOGIN PASSWORD 'barman-demo';
CREATE ROLE streaming_barman LOGIN REPLICATION PASSWORD 'barman-demo';
GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_switch_wal(), pg_create_restore_point(text) TO barman;
GRANT pg_checkpoint, pg_read_all_settings, pg_read_all_stats TO barman;
CREATE TABLE visits AS SELECT id, now() - id * interval '1 minute' AS at FROM generate_series(1, 1000) AS id;
SQL

echo 'host replication streaming_barman all scram-sha-256' >> "$PGDATA/pg_hba.conf"
