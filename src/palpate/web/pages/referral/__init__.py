"""Pages: referral."""
