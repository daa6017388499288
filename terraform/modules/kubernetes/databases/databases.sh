#!/bin/sh
# Creates the databases named by its arguments, each with an account of that name whose password is in $ACCOUNTS/NAME.
# Idempotent: existing databases do not change. The server never receives a password, because psql hashes it.
set -eu

accounts=${ACCOUNTS:-/accounts}

for name in "$@"; do
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name="$name" <<'SQL'
SELECT format('CREATE ROLE %I LOGIN', :'name')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
GRANT :"name" TO CURRENT_USER;
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
  # Without a terminal psql reads the password from standard input, twice.
  { cat "$accounts/$name"; echo; cat "$accounts/$name"; echo; } |
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --command "\\password \"$name\"" 2>/dev/null
  PGUSER=$name PGPASSWORD=$(cat "$accounts/$name") PGDATABASE=$name psql --no-psqlrc --quiet --command "SELECT 1" >/dev/null
  echo "database $name is there"
done
