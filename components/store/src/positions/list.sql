-- What the shared store knows this node by, in every row, and all that is noted; one row without when nothing is.
SELECT node.name, position.city, position.bucket, position.life, position.steps, position.token, position.mark
FROM node LEFT JOIN position ON true
