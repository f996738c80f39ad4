"""What is known about Azure ML, as dated tables with their sources; the code only looks things up."""
