-- A plan is made once and kept, from what a table held at that moment. While each repository has one tag, an index of the repository and something
-- else finds a tag as well as the key's own does, and goes on being used when a repository has a hundred thousand. So PostgreSQL is told that a
-- repository has a hundredth of each table: what is looked up by more than the repository is then found by all of it.
ALTER TABLE "manifests" ALTER COLUMN "repository" SET (n_distinct = -0.01);
ALTER TABLE "manifest_references" ALTER COLUMN "repository" SET (n_distinct = -0.01);
ALTER TABLE "tags" ALTER COLUMN "repository" SET (n_distinct = -0.01);
ALTER TABLE "tag_history" ALTER COLUMN "repository" SET (n_distinct = -0.01);
ALTER TABLE "legacy_referrers" ALTER COLUMN "repository" SET (n_distinct = -0.01);
