# Writes the public headers of operations as strings of a C file: what `eagre ops NAME` and bindings
# show is what the headers say. cmake -D FOLDER=include/eagre/ops -D OUT=headers.c -P embed.cmake
# SPDX-License-Identifier: Apache-2.0
file(GLOB headers ${FOLDER}/*.h)
list(SORT headers)
set(texts "")
set(table "")
foreach(header ${headers})
  get_filename_component(name ${header} NAME_WE)
  file(READ ${header} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
    bytes "${bytes}")
  string(APPEND texts "static const unsigned char text_${name}[] = {\n${bytes}0};\n")
  string(APPEND table "    {\"${name}\", (const char *)text_${name}},\n")
endforeach()
file(WRITE ${OUT} "#include \"bind/table.h\"\n\n${texts}
const eg__header eg__headers[] = {\n${table}    {NULL, NULL},\n};\n")
