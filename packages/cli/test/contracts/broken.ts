throw new Error('the database is missing')
