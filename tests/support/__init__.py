"""What several tests use. No test lies here."""
