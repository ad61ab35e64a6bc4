"""The database when no DATABASE_URL is given: PostgreSQL from a wheel, started when first needed."""
