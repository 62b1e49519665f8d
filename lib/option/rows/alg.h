// Table rows: socket options of level SOL_ALG on Linux.
#pragma once

#include <array>

#include "option/rows/symbols.h"

namespace sockbox::net::option_rows {

inline constexpr std::string_view alg_source = "Documentation/crypto/userspace-if.rst";

inline constexpr auto alg_rows = std::to_array<OptionRow>({
    {.name = "ALG_SET_KEY",
     .on_linux = 1,
     .type = ValueType::bytes,
     .access = Access::write_only,
     .range = {0, 4096},
     .summary = "The key of a cipher or of an authenticated hash.",
     .source = alg_source,
     .warning = secret_warning},
    {.name = "ALG_SET_AEAD_AUTHSIZE",
     .on_linux = 5,
     .type = ValueType::bytes,
     .access = Access::write_only,
     .range = {1, 64},
     .summary = "The length of the authentication tag, given by as many bytes of any value.",
     .source = alg_source},
    {.name = "ALG_SET_DRBG_ENTROPY",
     .on_linux = 6,
     .type = ValueType::bytes,
     .access = Access::write_only,
     .range = {1, 4096},
     .summary = "The entropy of a random number generator that is tested.",
     .source = alg_source,
     .privilege = "CAP_SYS_ADMIN"},
    {.name = "ALG_SET_KEY_BY_KEY_SERIAL",
     .on_linux = 7,
     .access = Access::write_only,
     .range = {INT_MIN, INT_MAX},
     .summary = "The key of a cipher, by its number in a keyring.",
     .source = "Documentation/crypto/userspace-if.rst, keyrings(7)"},
});

}  // namespace sockbox::net::option_rows
