"""`rapport doctor`: what is wrong with the house, in sentences, with what to do."""
