-- The same for links, which are also looked for by digest alone: a plan, a foreign key's too, that was made while each digest had one link took the
-- index of digests, and looked through all links of a layer that ten thousand repositories share. This one has both halves of the key.
CREATE INDEX "blob_links_by_digest" ON "blob_links" ("digest", "repository");
