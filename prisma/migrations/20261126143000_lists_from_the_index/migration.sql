-- A list of tags is answered from the index alone once a vacuum has marked the pages as visible to all: a third less. By default that takes a
-- fifth more rows than there are, so a repository that has just grown would wait for others to grow.
ALTER TABLE "tags" SET (autovacuum_vacuum_insert_threshold = 250, autovacuum_vacuum_insert_scale_factor = 0.02);
