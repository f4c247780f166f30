"""The sections of the benchmark; each runs its contenders in turn, round by round."""
