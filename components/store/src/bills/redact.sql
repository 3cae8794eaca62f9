-- ?3 the trip, ?4 the number of the revision, ?5 what its document was, ?6 what it is to be. A row comes back when it was that.
UPDATE bill SET document = ?6
WHERE city = (SELECT city FROM admitted) AND trip = ?3 AND revision = ?4 AND document = ?5
RETURNING 1
