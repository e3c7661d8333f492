"""The phases of the recipe, one file each."""
