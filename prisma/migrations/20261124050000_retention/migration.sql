-- What happened to a repository's tags lately: shown to people, and asked by retention, which keeps what a tag pointed to a while ago.
CREATE INDEX "tag_history_at" ON "tag_history" ("repository", "at", "id");

-- The repositories that retention has to look at, without looking at all the others.
CREATE INDEX "repositories_retention" ON "repositories" ("name") WHERE "policy" ? 'retention';
