-- The log of introspectd in PostgreSQL 13 or later: what issuers push, for every node to follow.
--
-- No transaction waits for another: rows are only ever added here, in any order, and nodes need no
-- order. Nothing notifies. Tokens are never kept, only the first 16 bytes of their SHA-256.
--
-- The owner of the schema says who may push and which roles are nodes:
--   SELECT introspectd.grant_push('issuer');
--   SELECT introspectd.grant_node('node');
--
-- Every name is qualified, and no literal outside of the functions has a backslash, so that nothing
-- depends on the session that runs this.

BEGIN;
SET LOCAL standard_conforming_strings = on;
SET LOCAL check_function_bodies = on;
SET LOCAL client_min_messages = warning;

-- Nodes that start at the same time may both want to create it.
DO $$ BEGIN PERFORM pg_catalog.pg_advisory_xact_lock(7163384725910468); END $$;

DO $$
BEGIN
  IF pg_catalog.current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'introspectd needs a database in UTF8, and this one is in %',
      pg_catalog.current_setting('server_encoding') USING ERRCODE = 'feature_not_supported';
  END IF;
  IF EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'introspectd') THEN
    RAISE EXCEPTION 'the schema introspectd exists already; nothing was changed'
      USING ERRCODE = 'duplicate_schema';
  END IF;
END $$;

CREATE SCHEMA introspectd;

-- Tables ----------------------------------------------------------------------------------------

-- What push judges by; one row.
CREATE TABLE introspectd.settings (
  version              integer NOT NULL,
  issuer               text NOT NULL,  -- of tokens that name none
  token_lifetime_max_s bigint NOT NULL CHECK (token_lifetime_max_s > 0),
  line_bytes_max       integer NOT NULL CHECK (line_bytes_max > 0)
);
CREATE UNIQUE INDEX settings_one_row ON introspectd.settings ((true));
INSERT INTO introspectd.settings
VALUES ({{version}}, {{issuer}}, {{token_lifetime_max_s}}, {{line_bytes_max}});

-- Who may push what. A role that is not here may still be a member of one that is.
CREATE TABLE introspectd.pushers (
  role       name PRIMARY KEY,
  issuers    text[] NOT NULL DEFAULT '{}',  -- {}: settings.issuer only; {*}: any
  may_upsert boolean NOT NULL DEFAULT true,
  may_revoke boolean NOT NULL DEFAULT true
);

-- `lines` are lines as a node exports them, each with its line feed. None matters after `ends`,
-- which is in seconds since 1970. Sequences are in microseconds since 1970.
CREATE TABLE introspectd.log (
  id             uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
  xid            xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
  at             timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  format         smallint NOT NULL DEFAULT 1,
  first_sequence bigint NOT NULL,
  last_sequence  bigint NOT NULL,
  ends           bigint NOT NULL,
  lines          text NOT NULL
);
CREATE INDEX log_xid ON introspectd.log (xid);
CREATE INDEX log_at ON introspectd.log (at);
CREATE INDEX log_ends ON introspectd.log (ends);
CREATE INDEX log_last_sequence ON introspectd.log (last_sequence);

-- When each node last proved that it can write. Updated all the time, so with room on each page.
CREATE TABLE introspectd.nodes (
  id   uuid PRIMARY KEY,
  seen timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
) WITH (fillfactor = 20);

-- What the functions hand each other ------------------------------------------------------------

-- What one call of push judges by: the settings, its pusher, the time.
CREATE TYPE introspectd.terms AS (
  issuer         text,
  issuers        text[],   -- that the pusher may speak for, unless any_issuer
  any_issuer     boolean,
  may_upsert     boolean,
  may_revoke     boolean,
  lifetime_s     bigint,   -- from its entry to the last moment at which a token can be good
  line_bytes_max integer,
  now_us         bigint,
  now_s          bigint
);

-- What becomes of one line.
CREATE TYPE introspectd.verdict AS (
  upsert   boolean,
  sequence bigint,
  ends     bigint,
  lines    text  -- one or more, each with its line feed
);

-- A function below that refuses a line raises IN001 with the reason, which never repeats a value;
-- push gives it the number of the line. Reasons are those of introspectd itself.

-- JSON ------------------------------------------------------------------------------------------

-- JSON without what is in its strings.
CREATE FUNCTION introspectd.outline(json_text text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(json_text, '"(?:[^"\\]|\\.)*"', '""', 'g')
$$;

-- How many members its objects have, at all depths.
CREATE FUNCTION introspectd.member_count(outline text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT length(outline) - length(replace(outline, ':', ''))
$$;

-- An object inside an object has depth 2; 16 is the deepest. Each round takes the innermost
-- brackets away.
CREATE FUNCTION introspectd.check_depth(outline text) RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  brackets text := regexp_replace(outline, '[^][{}]+', '', 'g');
BEGIN
  FOR level IN 1..16 LOOP
    EXIT WHEN brackets = '';
    brackets := regexp_replace(brackets, '\[\]|\{\}', '', 'g');
  END LOOP;
  IF brackets ~ '\[\]|\{\}' THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'nested too deeply';
  ELSIF brackets <> '' THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'not one JSON object in UTF-8';
  END IF;
END $$;

-- Whether nodes can read a number: whole ones have 64 bits there, others are doubles. Beyond 1e308
-- this counts digits and is stricter than it would have to be.
CREATE FUNCTION introspectd.number_fits(whole text, fraction text, exponent text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN fraction IS NULL AND exponent IS NULL THEN
      whole::numeric BETWEEN -9223372036854775808 AND 18446744073709551615
    WHEN exponent ~ '[0-9]{4}' THEN false
    ELSE length(ltrim(whole, '-')) + coalesce(exponent, '0')::integer <= 308
  END
$$;

CREATE FUNCTION introspectd.check_numbers(outline text) RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  -- Nearly all lines have neither long numbers nor exponents; asking for more first is slow.
  IF outline !~ '[0-9]{19}|[0-9][eE]' THEN
    RETURN;
  END IF;
  IF EXISTS (
    SELECT FROM regexp_matches(outline, '(-?[0-9]+)(\.[0-9]+)?(?:[eE]([-+]?[0-9]+))?', 'g') AS n
    WHERE NOT introspectd.number_fits(n[1], n[2], n[3])
  ) THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'not one JSON object in UTF-8';
  END IF;
END $$;

-- The line as an object of which every member, at any depth, stands there once. The depth is known
-- before the parser recurses; numbers before it writes them out. jsonb keeps one of two members of
-- a name, checks every escape and cannot hold \u0000. What is wrong with the syntax it says itself
-- (class 22), and what it says repeats the line.
CREATE FUNCTION introspectd.read_object(line text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  outline text := introspectd.outline(line);
  kept text;
  object jsonb;
BEGIN
  PERFORM introspectd.check_depth(outline);
  PERFORM introspectd.check_numbers(outline);
  object := line::jsonb;
  IF jsonb_typeof(object) <> 'object' THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'not a JSON object';
  END IF;
  kept := introspectd.outline(object::text);
  IF introspectd.member_count(outline) <> introspectd.member_count(kept) THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'a member stands twice in one object';
  END IF;
  RETURN object;
END $$;

-- The names of an object's own members, as they are written.
CREATE FUNCTION introspectd.written_names(object text) RETURNS TABLE (name text, place bigint)
LANGUAGE sql IMMUTABLE AS $$
  WITH token AS (
    SELECT match[1] AS text, n
    FROM regexp_matches(object, '"(?:[^"\\]|\\.)*"|[][{}:,]', 'g') WITH ORDINALITY AS m(match, n)
  ), placed AS (
    SELECT text, n, lag(text) OVER (ORDER BY n) AS before,
           sum(CASE WHEN text IN ('{', '[') THEN 1 WHEN text IN ('}', ']') THEN -1 ELSE 0 END)
             OVER (ORDER BY n) AS depth
    FROM token
  )
  SELECT text, row_number() OVER (ORDER BY n)
  FROM placed WHERE depth = 1 AND before IN ('{', ',') AND text LIKE '"%'
$$;

-- An object without one of its members; the others keep their order and their bytes.
CREATE FUNCTION introspectd.without(object json, member text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$
  SELECT '{' || coalesce(string_agg(w.name || ':' || m.value::text, ',' ORDER BY m.place), '') || '}'
  FROM json_each(object) WITH ORDINALITY AS m(key, value, place)
  JOIN introspectd.written_names(object::text) AS w ON w.place = m.place
  WHERE m.key <> member
$$;

-- Members ---------------------------------------------------------------------------------------

-- A number of seconds from its JSON; null when it is none. Below 2^53: far from overflow.
CREATE FUNCTION introspectd.seconds_of(value text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN value ~ '^(?:-?0|[1-9][0-9]{0,15})$'
    THEN CASE WHEN value::bigint < 9007199254740992 THEN value::bigint END
  END
$$;

-- A member that is misspelt must not be passed over: a rule without its bound hits more.
CREATE FUNCTION introspectd.check_members(object jsonb, allowed text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF object - allowed <> '{}' THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'a member that this op does not have';
  END IF;
END $$;

-- The sequence of a line: the one that it brings, else the one that it gets on entry.
CREATE FUNCTION introspectd.read_sequence(
  line text, object jsonb, terms introspectd.terms, entry_sequence bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  value text;
BEGIN
  IF NOT object ? 'sequence' THEN
    RETURN entry_sequence;
  END IF;
  value := line::json ->> 'sequence';
  IF jsonb_typeof(object -> 'sequence') <> 'number' OR value !~ '^(?:-?0|[1-9][0-9]{0,18})$'
     OR (object -> 'sequence')::numeric > 9223372036854775807 THEN
    RAISE SQLSTATE 'IN001'
      USING MESSAGE = 'sequence must be a whole number of microseconds below 2^63';
  END IF;
  IF value::bigint > terms.now_us + 300000000 THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'sequence is more than 300 s ahead';
  END IF;
  RETURN value::bigint;
END $$;

CREATE FUNCTION introspectd.digest_of(token text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT rtrim(translate(encode(substring(sha256(convert_to(token, 'UTF8')) FOR 16), 'base64'),
                         '+/', '-_'), '=')
$$;

-- The first 16 bytes of a SHA-256 that came whole.
CREATE FUNCTION introspectd.shorten_digest(digest text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT rtrim(translate(encode(substring(decode(translate(digest, '-_', '+/') || '=', 'base64')
                                          FOR 16), 'base64'), '+/', '-_'), '=')
$$;

-- The digest of the token that a line names, as 22 base64url characters. The last character of a
-- digest has bits that mean nothing, which must be 0.
CREATE FUNCTION introspectd.read_digest(object jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  digest text;
BEGIN
  IF (object ? 'token') = (object ? 'token_sha256') THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'exactly one of token and token_sha256';
  END IF;
  IF object ? 'token' THEN
    IF jsonb_typeof(object -> 'token') <> 'string' OR object ->> 'token' = '' THEN
      RAISE SQLSTATE 'IN001' USING MESSAGE = 'token must be a string that is not empty';
    END IF;
    RETURN introspectd.digest_of(object ->> 'token');
  END IF;
  digest := object ->> 'token_sha256';
  IF jsonb_typeof(object -> 'token_sha256') <> 'string' THEN
    digest := '';
  END IF;
  IF digest ~ '^[A-Za-z0-9_-]{21}[AQgw]$' THEN
    RETURN digest;
  ELSIF digest ~ '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$' THEN
    RETURN introspectd.shorten_digest(digest);
  END IF;
  RAISE SQLSTATE 'IN001' USING MESSAGE = 'token_sha256 must be 43 base64url characters'
    ' without padding, or the first 16 bytes as 22';
END $$;

-- The JSON of a member that must be a string; null when it is not there.
CREATE FUNCTION introspectd.read_string(line text, object jsonb, member text) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF NOT object ? member THEN
    RETURN NULL;
  END IF;
  IF jsonb_typeof(object -> member) <> 'string' THEN
    RAISE EXCEPTION '% must be a string', member USING ERRCODE = 'IN001';
  END IF;
  RETURN (line::json -> member)::text;
END $$;

CREATE FUNCTION introspectd.check_issuer(issuer text, terms introspectd.terms) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF NOT terms.any_issuer AND NOT issuer = ANY (terms.issuers) THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'an issuer that this role may not speak for';
  END IF;
END $$;

-- For how long a revocation of `time_s` can matter. An issuer may number its updates from 1 on;
-- what is accepted now must have an effect all the same.
CREATE FUNCTION introspectd.last_effect(time_s bigint, terms introspectd.terms) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT greatest(time_s, terms.now_s) + terms.lifetime_s
$$;

-- Nodes take longer lines than pushers, by 4 KiB for what was added here.
CREATE FUNCTION introspectd.node_line(line text, terms introspectd.terms) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF octet_length(line) > terms.line_bytes_max + 4096 THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'the line is longer than its limit';
  END IF;
  RETURN line || chr(10);
END $$;

-- Claims ----------------------------------------------------------------------------------------

-- What a claim would have to be; null when it is that. Case is ASCII's, whatever the database's
-- locale says.
CREATE FUNCTION introspectd.claim_must_be(name text, value json) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN name = 'active' THEN
      CASE WHEN value::text <> 'true' THEN 'true' END
    WHEN name IN ('client_id', 'username', 'scope', 'sub', 'iss', 'jti', 'sid') THEN
      CASE WHEN json_typeof(value) <> 'string' THEN 'a string' END
    WHEN name IN ('exp', 'iat', 'nbf') THEN
      CASE WHEN introspectd.seconds_of(value::text) IS NULL THEN 'a whole number of seconds' END
    WHEN name = 'aud' THEN
      CASE WHEN introspectd.outline(value::text) !~ '^(?:""|\[["\s,]*\])$'
        THEN 'a string or an array of strings' END
    WHEN name IN ('act', 'cnf', 'extended_claims') THEN
      CASE WHEN json_typeof(value) <> 'object' THEN 'an object' END
    WHEN name = 'authorization_details' THEN
      CASE WHEN json_typeof(value) <> 'array' THEN 'an array' END
    WHEN name = 'token_type' THEN
      CASE WHEN json_typeof(value) <> 'string'
             OR lower(value #>> '{}' COLLATE "C") NOT IN ('bearer', 'dpop')
        THEN 'Bearer or DPoP' END
    WHEN name = 'token_use' THEN
      CASE WHEN json_typeof(value) <> 'string'
             OR lower(value #>> '{}' COLLATE "C") NOT IN ('access', 'access_token')
        THEN 'access' END
    WHEN name = 'typ' THEN
      CASE WHEN json_typeof(value) = 'string'
            AND lower(value #>> '{}' COLLATE "C") IN ('id', 'id_token', 'refresh', 'refresh_token',
                                                    'offline', 'logout', 'logout_token')
        THEN 'that of an access token' END
  END
$$;

CREATE FUNCTION introspectd.check_claims(claims json) RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  reason text;
BEGIN
  SELECT format('claims.%s must be %s', claim.name, wanted) INTO reason
  FROM json_each(claims) WITH ORDINALITY AS claim(name, value, place),
       LATERAL (SELECT introspectd.claim_must_be(claim.name, claim.value)) AS l(wanted)
  WHERE wanted IS NOT NULL ORDER BY place LIMIT 1;
  IF FOUND THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = reason;
  END IF;
  IF claims -> 'exp' IS NULL THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'claims.exp is missing';
  END IF;
  -- A node keeps them, what it adds and what it has to unescape in 64 KiB.
  IF octet_length(claims::text) * 2 > 65000 THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'claims are too large';
  END IF;
END $$;

CREATE FUNCTION introspectd.check_lifetime(
  exp bigint, iat bigint, terms introspectd.terms) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF exp - terms.now_s > terms.lifetime_s THEN
    RAISE EXCEPTION 'claims.exp is more than % s ahead', terms.lifetime_s USING ERRCODE = 'IN001';
  END IF;
  IF exp - iat > terms.lifetime_s THEN
    RAISE EXCEPTION 'claims.exp is more than % s after claims.iat', terms.lifetime_s
      USING ERRCODE = 'IN001';
  END IF;
END $$;

-- Lines -----------------------------------------------------------------------------------------

CREATE FUNCTION introspectd.judge_upsert(
  line text, object jsonb, terms introspectd.terms, entry_sequence bigint)
RETURNS introspectd.verdict LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  verdict introspectd.verdict;
  digest text;
  claims json;
  claims_text text;
  exp bigint;
BEGIN
  IF NOT terms.may_upsert THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'this role may not upsert';
  END IF;
  PERFORM introspectd.check_members(object, '{op,token,token_sha256,claims,sequence}');
  verdict.sequence := introspectd.read_sequence(line, object, terms, entry_sequence);
  digest := introspectd.read_digest(object);
  IF jsonb_typeof(object -> 'claims') IS DISTINCT FROM 'object' THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'claims must be an object';
  END IF;
  claims := line::json -> 'claims';
  PERFORM introspectd.check_claims(claims);
  exp := claims ->> 'exp';
  PERFORM introspectd.check_lifetime(exp, (claims ->> 'iat')::bigint, terms);
  PERFORM introspectd.check_issuer(coalesce(claims ->> 'iss', terms.issuer), terms);
  claims_text := claims;
  -- A jti that is the token itself would give it away.
  IF introspectd.digest_of(claims ->> 'jti') = digest THEN
    claims_text := introspectd.without(claims, 'jti');
  END IF;
  verdict.upsert := true;
  verdict.ends := greatest(exp, terms.now_s) + 300;
  verdict.lines := introspectd.node_line(
    '{"op":"upsert","token_sha256":"' || digest || '","claims":' || claims_text
    || ',"sequence":' || verdict.sequence || '}', terms);
  RETURN verdict;
END $$;

CREATE FUNCTION introspectd.judge_token_revocation(
  object jsonb, terms introspectd.terms, sequence bigint)
RETURNS introspectd.verdict LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  ends bigint := introspectd.last_effect(sequence / 1000000, terms);
BEGIN
  PERFORM introspectd.check_members(object, '{op,token,token_sha256,sequence}');
  RETURN ROW(false, sequence, ends, introspectd.node_line(
    '{"op":"revoke","token_sha256":"' || introspectd.read_digest(object) || '","sequence":'
    || sequence || ',"known":false,"end":' || ends || '}', terms));
END $$;

CREATE FUNCTION introspectd.judge_jti_revocation(
  line text, object jsonb, terms introspectd.terms, sequence bigint)
RETURNS introspectd.verdict LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  ends bigint := introspectd.last_effect(sequence / 1000000, terms);
  iss text;
  jti text;
BEGIN
  PERFORM introspectd.check_members(object, '{op,iss,jti,sequence}');
  iss := introspectd.read_string(line, object, 'iss');
  jti := introspectd.read_string(line, object, 'jti');
  IF iss IS NULL THEN
    RAISE SQLSTATE 'IN001'
      USING MESSAGE = 'a jti is revoked together with its iss, which is missing';
  END IF;
  PERFORM introspectd.check_issuer(object ->> 'iss', terms);
  RETURN ROW(false, sequence, ends, introspectd.node_line(
    '{"op":"revoke","iss":' || iss || ',"jti":' || jti || ',"sequence":' || sequence
    || ',"end":' || ends || '}', terms));
END $$;

CREATE FUNCTION introspectd.read_issued_before(
  line text, object jsonb, terms introspectd.terms) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  issued_before bigint;
BEGIN
  IF NOT object ? 'issued_before' THEN
    RETURN terms.now_s;
  END IF;
  issued_before := introspectd.seconds_of((line::json -> 'issued_before')::text);
  IF issued_before IS NULL THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'issued_before must be a whole number of seconds';
  END IF;
  IF issued_before > terms.now_s + 60 THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'issued_before is more than 60 s ahead';
  END IF;
  RETURN issued_before;
END $$;

-- A rule that names no issuer is written down once for each that its pusher may speak for.
CREATE FUNCTION introspectd.judge_rule(
  line text, object jsonb, terms introspectd.terms, sequence bigint)
RETURNS introspectd.verdict LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  verdict introspectd.verdict;
  members text := '';
  member text;
  value text;
  iss text;
  tail text;
  issued_before bigint;
BEGIN
  PERFORM introspectd.check_members(object, '{op,sub,client_id,sid,iss,issued_before,sequence}');
  FOREACH member IN ARRAY ARRAY['sub', 'client_id', 'sid'] LOOP
    value := introspectd.read_string(line, object, member);
    members := members || coalesce(',"' || member || '":' || value, '');
  END LOOP;
  iss := introspectd.read_string(line, object, 'iss');
  IF members = '' THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'revoke needs token, token_sha256, iss and jti,'
      ' or one of sub, client_id, sid';
  END IF;
  issued_before := introspectd.read_issued_before(line, object, terms);
  verdict.upsert := false;
  verdict.sequence := sequence;
  verdict.ends := introspectd.last_effect(issued_before, terms);
  tail := members || ',"issued_before":' || issued_before || ',"sequence":' || sequence
          || ',"end":' || verdict.ends || '}';
  IF iss IS NOT NULL THEN
    PERFORM introspectd.check_issuer(object ->> 'iss', terms);
    verdict.lines := introspectd.node_line('{"op":"revoke","iss":' || iss || tail, terms);
  ELSIF terms.any_issuer THEN
    verdict.lines := introspectd.node_line('{"op":"revoke"' || tail, terms);
  ELSE
    SELECT string_agg(
      introspectd.node_line('{"op":"revoke","iss":' || to_json(issuer)::text || tail, terms), '')
    INTO verdict.lines FROM unnest(terms.issuers) AS issuer;
  END IF;
  RETURN verdict;
END $$;

CREATE FUNCTION introspectd.judge_revoke(
  line text, object jsonb, terms introspectd.terms, entry_sequence bigint)
RETURNS introspectd.verdict LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  sequence bigint;
BEGIN
  IF NOT terms.may_revoke THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'this role may not revoke';
  END IF;
  sequence := introspectd.read_sequence(line, object, terms, entry_sequence);
  IF object ?| '{token,token_sha256}' THEN
    RETURN introspectd.judge_token_revocation(object, terms, sequence);
  ELSIF object ? 'jti' THEN
    RETURN introspectd.judge_jti_revocation(line, object, terms, sequence);
  END IF;
  RETURN introspectd.judge_rule(line, object, terms, sequence);
END $$;

-- A heartbeat says that the feed lives; complete, that all tokens are there.
CREATE FUNCTION introspectd.judge_sign(
  line text, object jsonb, terms introspectd.terms, entry_sequence bigint)
RETURNS introspectd.verdict LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  op text := object ->> 'op';
  sequence bigint;
BEGIN
  PERFORM introspectd.check_members(object, '{op,sequence}');
  sequence := introspectd.read_sequence(line, object, terms, entry_sequence);
  RETURN ROW(false, sequence,
    terms.now_s + CASE WHEN op = 'heartbeat' THEN 300 ELSE terms.lifetime_s END,
    introspectd.node_line('{"op":"' || op || '","sequence":' || sequence || '}', terms));
END $$;

-- `entry_sequence` is for a line that brings none.
CREATE FUNCTION introspectd.judge(line text, terms introspectd.terms, entry_sequence bigint)
RETURNS introspectd.verdict LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  object jsonb := introspectd.read_object(line);
  op text := object ->> 'op';
BEGIN
  IF jsonb_typeof(object -> 'op') IS DISTINCT FROM 'string' THEN
    RAISE SQLSTATE 'IN001' USING MESSAGE = 'op is missing';
  ELSIF op = 'upsert' THEN
    RETURN introspectd.judge_upsert(line, object, terms, entry_sequence);
  ELSIF op = 'revoke' THEN
    RETURN introspectd.judge_revoke(line, object, terms, entry_sequence);
  ELSIF op IN ('heartbeat', 'complete') THEN
    RETURN introspectd.judge_sign(line, object, terms, entry_sequence);
  END IF;
  RAISE SQLSTATE 'IN001'
    USING MESSAGE = 'unknown op; allowed: upsert, revoke, heartbeat, complete';
END $$;

-- Pushing ---------------------------------------------------------------------------------------

-- The row of pushers for whoever is logged in. Its own; or the one of the role of which it is a
-- member. Two of those could not be put together without giving more than either.
CREATE FUNCTION introspectd.pusher() RETURNS introspectd.pushers LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_rows introspectd.pushers[];
BEGIN
  SELECT array_agg(p ORDER BY p.role = session_user DESC) INTO found_rows
  FROM introspectd.pushers AS p
  WHERE pg_has_role(session_user, to_regrole(quote_ident(p.role))::oid, 'MEMBER');
  IF found_rows IS NULL THEN
    RAISE EXCEPTION 'this role was not granted to push: introspectd.grant_push'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF found_rows[1].role <> session_user AND cardinality(found_rows) > 1 THEN
    RAISE EXCEPTION 'this role is a member of several that may push: give it a grant of its own'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN found_rows[1];
END $$;

CREATE FUNCTION introspectd.terms_of_now() RETURNS introspectd.terms LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  pusher introspectd.pushers := introspectd.pusher();
  settings introspectd.settings;
  terms introspectd.terms;
BEGIN
  SELECT * INTO STRICT settings FROM introspectd.settings;
  terms.issuer := settings.issuer;
  terms.issuers := CASE WHEN pusher.issuers = '{}' THEN ARRAY[settings.issuer]
                        ELSE pusher.issuers END;
  terms.any_issuer := '*' = ANY (pusher.issuers);
  terms.may_upsert := pusher.may_upsert;
  terms.may_revoke := pusher.may_revoke;
  terms.lifetime_s := settings.token_lifetime_max_s + 300;
  terms.line_bytes_max := settings.line_bytes_max;
  terms.now_us := floor(extract(epoch FROM clock_timestamp()) * 1000000);
  terms.now_s := terms.now_us / 1000000;
  RETURN terms;
END $$;

-- Judges all lines, each on its own; the first bad one raises 22023 with its number. Sequences that
-- are given here are above all that are known: those of the log, and of the lines before.
CREATE FUNCTION introspectd.judge_all(ndjson text, terms introspectd.terms)
RETURNS introspectd.verdict[] LANGUAGE plpgsql STABLE AS $$
DECLARE
  verdicts introspectd.verdict[] := '{}';
  verdict introspectd.verdict;
  line text;
  number bigint := 0;
  reason text;
  highest bigint := coalesce((SELECT max(last_sequence) FROM introspectd.log), 0);
BEGIN
  FOREACH line IN ARRAY string_to_array(ndjson, chr(10)) LOOP
    number := number + 1;
    line := regexp_replace(line, '\r$', '');
    IF octet_length(line) > terms.line_bytes_max THEN
      RAISE SQLSTATE 'IN001' USING MESSAGE = 'the line is longer than its limit';
    END IF;
    CONTINUE WHEN line ~ '^[ \t\r]*$';
    verdict := introspectd.judge(line, terms, greatest(terms.now_us, highest + 1));
    highest := greatest(highest, verdict.sequence);
    verdicts := verdicts || verdict;
  END LOOP;
  RETURN verdicts;
EXCEPTION
  -- What PostgreSQL itself says of bad JSON repeats it.
  WHEN SQLSTATE 'IN001' OR data_exception THEN
    reason := CASE WHEN SQLSTATE = 'IN001' THEN SQLERRM ELSE 'not one JSON object in UTF-8' END;
    RAISE EXCEPTION 'line %: %', number, reason USING ERRCODE = 'invalid_parameter_value';
END $$;

-- Pushes NDJSON and returns the highest sequence of its lines; 0 when it has none. All of it is
-- visible exactly when the caller's transaction commits. Upserts and revocations get rows of their
-- own, as they end at different times; a row stays below 1 MiB.
CREATE FUNCTION introspectd.push(ndjson text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
  terms introspectd.terms := introspectd.terms_of_now();
  verdicts introspectd.verdict[];
BEGIN
  IF ndjson IS NULL THEN
    RAISE EXCEPTION 'there is nothing to push: null' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  -- Holds to the end of the caller's transaction. What was pushed must survive a crash.
  IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  verdicts := introspectd.judge_all(ndjson, terms);
  INSERT INTO introspectd.log (first_sequence, last_sequence, ends, lines)
  SELECT min(sequence), max(sequence), max(ends), string_agg(lines, '' ORDER BY place)
  FROM (
    SELECT v.*, sum(octet_length(v.lines)) OVER (PARTITION BY v.upsert ORDER BY place) / 1000000 AS part
    FROM unnest(verdicts) WITH ORDINALITY AS v(upsert, sequence, ends, lines, place)
  ) AS placed
  GROUP BY upsert, part;
  RETURN coalesce((SELECT max(v.sequence) FROM unnest(verdicts) AS v), 0);
END $$;

-- Who may do what -------------------------------------------------------------------------------

-- Lets a role push; said again, it replaces what was said before. Deleting its row from
-- introspectd.pushers takes it back.
CREATE FUNCTION introspectd.grant_push(
  role name, issuers text[] DEFAULT '{}', may_upsert boolean DEFAULT true,
  may_revoke boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA introspectd TO %I', $1);
  EXECUTE format('GRANT EXECUTE ON FUNCTION introspectd.push(text) TO %I', $1);
  INSERT INTO introspectd.pushers VALUES ($1, $2, $3, $4)
  ON CONFLICT ON CONSTRAINT pushers_pkey
  DO UPDATE SET issuers = excluded.issuers, may_upsert = excluded.may_upsert,
                may_revoke = excluded.may_revoke;
END $$;

-- Lets a role follow the log, add to it and trim it.
CREATE FUNCTION introspectd.grant_node(role name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA introspectd TO %I', $1);
  EXECUTE format('GRANT SELECT ON introspectd.settings TO %I', $1);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON introspectd.log, introspectd.nodes TO %I',
                 $1);
END $$;

REVOKE ALL ON SCHEMA introspectd FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA introspectd FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA introspectd FROM PUBLIC;
REVOKE ALL ON TYPE introspectd.terms, introspectd.verdict FROM PUBLIC;

COMMIT;
