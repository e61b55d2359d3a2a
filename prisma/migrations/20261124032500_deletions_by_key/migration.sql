-- Is this object going anyway? A sweep asks for what it found, while a large collection may have left a million rows.
CREATE INDEX "outbox_deletions" ON "outbox" ("key") WHERE "kind" = 'delete-object';
