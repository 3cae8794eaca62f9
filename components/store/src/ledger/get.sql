SELECT currency, top_up, top_up_document, billed_at FROM ledger WHERE city = ?1 AND trip = ?2 AND revision = ?3
