// Decodes numpy's arrays and scalars in a pickle.
#pragma once

#include <optional>

#include "interop/sklearn/pickle.h"

namespace vitrine::interop {

/// More numbers, of all arrays of a file together, are refused.
inline constexpr std::size_t kMostArrayNumbers = std::size_t{1} << 27;

/// Makes `out` an array of `shape` (a tuple) and `dtype` from `data`: bytes for the types f2 f4 f8,
/// i1 to i8, u1 to u8, b1, U and S and records (one axis) of numbers, a list for the type O.
/// Fortran order becomes C order. Returns false if shape, type and data do not match or the type is
/// another one.
bool fill_array(PickleValue& out, const PickleValue& shape, const PickleValue& dtype, bool fortran,
                const PickleValue& data);

/// The bytes of an array of `shape` and `dtype`; nullopt if they are not known, as for type O.
std::optional<std::size_t> array_bytes(const PickleValue& shape, const PickleValue& dtype);

/// Makes `out` the number or text in `bytes`. Returns false as fill_array does, and for type O.
bool fill_scalar(PickleValue& out, const PickleValue& dtype, const PickleValue& bytes);

}  // namespace vitrine::interop
