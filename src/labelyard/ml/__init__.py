"""ML backends: model servers that are asked for predictions and told of annotations."""
