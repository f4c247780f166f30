"""Rules of analytics: who stands where, what a lead is worth, whether the books agree."""
