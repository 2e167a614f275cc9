"""What was meant, tried and sent."""
