-- A manifest's references are written by the statement that writes the manifest, or holds its lock: a foreign key looked the manifest up once
-- more for each of them. What the key did beside that, a trigger does, once per statement. What a reference points at is another matter: those
-- keys stay. The key goes last, so that there is always one of the two.
-- \x3b is a semicolon: Prisma's engine cuts a migration at each that it sees.
CREATE OR REPLACE FUNCTION drop_references() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS E'BEGIN
  DELETE FROM manifest_references f USING gone WHERE f.repository = gone.repository AND f.manifest = gone.digest\x3b
  RETURN NULL\x3b
END';
CREATE OR REPLACE TRIGGER "manifests_references" AFTER DELETE ON "manifests" REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION drop_references();
ALTER TABLE "manifest_references" DROP CONSTRAINT IF EXISTS "manifest_references_repository_manifest_fkey";
