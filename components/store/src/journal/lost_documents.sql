-- Up to ?1 documents that the shared store may have lost, and has not been given again.
SELECT city, kind, version, text, loss FROM journal_document WHERE loss > given LIMIT ?1
