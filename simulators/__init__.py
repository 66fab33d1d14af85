"""Make-believe sources that speak the real protocols, repeatable from a seed."""
