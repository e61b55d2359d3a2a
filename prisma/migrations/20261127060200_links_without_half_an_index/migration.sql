DROP INDEX IF EXISTS "blob_links_digest";
