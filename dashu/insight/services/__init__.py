"""Having reports sent: made, stopped, and carried out when they are due."""
