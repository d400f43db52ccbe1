"""What breaks, and what the studio makes of it: real processes, real HTTP, and a judge who knows both sides."""
