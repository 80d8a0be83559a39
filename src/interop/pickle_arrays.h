// numpy's arrays and numbers inside a pickle.
#pragma once

#include "interop/pickle.h"

namespace vitrine {

/// Makes `out` an array of `shape` (a tuple) and `dtype` from `data`: bytes of
/// f2 f4 f8, i1 to i8, u1 to u8, b1, U and S; or a list for dtype O. Fortran order
/// becomes C order. False if shape, type and data do not fit or the type is none
/// of these.
bool fill_array(PickleValue& out, const PickleValue& shape, const PickleValue& dtype, bool fortran,
                const PickleValue& data);

/// Makes `out` the number or text that `bytes` hold; false as above.
bool fill_scalar(PickleValue& out, const PickleValue& dtype, const PickleValue& bytes);

}  // namespace vitrine
