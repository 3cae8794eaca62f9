SELECT text FROM configuration_file WHERE version = ?1
