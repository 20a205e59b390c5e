"""The three measuring sticks: whole chests, planted nodules, slabs.  None of them chooses an operating point."""
