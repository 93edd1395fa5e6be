#!/bin/sh
# Run once by the postgres image, on an empty volume: one role owns the tables and migrates them, and another, which
# row-level security binds, serves. Passwords come by the environment and go by standard input: no list shows them.
set -eu
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" <<'SQL'
\set owner_password `printf %s "$OWNER_PASSWORD"`
\set app_password `printf %s "$APP_PASSWORD"`
CREATE ROLE lti_grader_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE lti_grader_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
CREATE DATABASE lti_grader OWNER lti_grader_owner ENCODING 'UTF8' TEMPLATE template0;
SQL
