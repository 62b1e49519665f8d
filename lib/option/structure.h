// Structures as option values: their members as Fields, and as bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "option/row.h"
#include "option/value.h"

namespace sockbox::net {

// The members that the bytes contain: an older system returns fewer. The row must be of
// ValueType::structure, for all functions here.
Fields decode_structure(const OptionRow& row, std::span<const std::byte> bytes);

// All bytes of the structure, with zeros between the members. `fields` must be from
// parse_structure() or decode_structure() for this row.
Bytes encode_structure(const OptionRow& row, const Fields& fields);

// Parses the values of all members, in their order, with or without their names and units:
// "initial 3000 ms, max 60000 ms, min 1000 ms" or "3000,60000,1000". Members that are marked so can
// be left out at the end. Also takes the structure's bytes, "0x…", which are then the value; only
// these if what is set is longer than what is read.
Result<OptionValue> parse_structure(const OptionRow& row, std::string_view text);

// What parse_structure() takes: "INITIAL,MAX,MIN", with "[,MEMBER]" for what can be left out, or
// "40 to 56 bytes".
std::string structure_syntax(const OptionRow& row);

}  // namespace sockbox::net
