-- A tag's manifest is of the same repository, and has a key to it.
ALTER TABLE "tags" DROP CONSTRAINT IF EXISTS "tags_repository_fkey";
