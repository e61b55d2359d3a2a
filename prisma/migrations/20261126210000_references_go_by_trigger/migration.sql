-- A manifest's references are written by the statement that writes the manifest, or holds its lock: a foreign key looked the manifest up once
-- more for each of them, a sixth of what a push costs PostgreSQL. What the key did beside that, a trigger does, once per statement. What a
-- reference points at is another matter: those keys stay.
-- \x3b is a semicolon: Prisma's engine cuts a migration at each that it sees.
CREATE FUNCTION drop_references() RETURNS trigger LANGUAGE plpgsql AS E'BEGIN
  DELETE FROM manifest_references f USING gone WHERE f.repository = gone.repository AND f.manifest = gone.digest\x3b
  RETURN NULL\x3b
END';
CREATE TRIGGER "manifests_references" AFTER DELETE ON "manifests" REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION drop_references();
ALTER TABLE "manifest_references" DROP CONSTRAINT "manifest_references_repository_manifest_fkey";

-- A tag's manifest is of the same repository, and has a key to it.
ALTER TABLE "tags" DROP CONSTRAINT "tags_repository_fkey";

-- Moves are written where a tag is, and a repository goes once nothing of it is left.
ALTER TABLE "tag_history" DROP CONSTRAINT "tag_history_repository_fkey";
