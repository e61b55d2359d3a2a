-- A plan is made once and kept, from what a table held at that moment. Where half of a key seemed to name one row by itself, an index of that half
-- looked as good as the key's own, and went on being used when a layer was in ten thousand repositories: all its links were read for each lookup, a
-- foreign key's too. So PostgreSQL is told that ten rows share such a half, whatever it has seen (a tenth as many halves as rows).
ALTER TABLE "blob_links" ALTER COLUMN "digest" SET (n_distinct = -0.1);
ALTER TABLE "manifests" ALTER COLUMN "repository" SET (n_distinct = -0.1);
ALTER TABLE "tags" ALTER COLUMN "repository" SET (n_distinct = -0.1);
ALTER TABLE "legacy_referrers" ALTER COLUMN "repository" SET (n_distinct = -0.1);
