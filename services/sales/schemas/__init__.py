"""What sales accepts and shows."""
