INSERT INTO book VALUES ('1-2', 'A'), ('1-1', 'B'), ('10', 'C'), ('9', 'D'), ('a', 'E'), ('B', 'F');
