# cmake -DTEXT=FILE -DNAME=SYMBOL -DOUT=FILE.c -P embed.cmake: a text as a constant of a program.
file(READ "${TEXT}" text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n  \"" text "${text}")
get_filename_component(folder "${OUT}" DIRECTORY)
file(MAKE_DIRECTORY "${folder}")
file(WRITE "${OUT}" "extern const char ${NAME}[];\nconst char ${NAME}[] =\n  \"${text}\";\n")
