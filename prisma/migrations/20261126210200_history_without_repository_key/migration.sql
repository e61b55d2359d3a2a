-- Moves are written by who has share-locked the repository, and its row goes only once nothing of it is left.
ALTER TABLE "tag_history" DROP CONSTRAINT IF EXISTS "tag_history_repository_fkey";
