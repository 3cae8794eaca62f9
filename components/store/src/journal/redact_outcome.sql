-- Puts another document in the place of the one that counts instead of a bill. ?1 the number of the bill, ?2 the document.
UPDATE journal_outcome SET by_content = ?2 WHERE number = ?1
