"""What the CPU can do for which Numba compiles."""

from __future__ import annotations

import llvmlite.binding as llvm
import numba

_MULTIPLY_ADD = """
define <16 x float> @probe(<16 x float>* %p) {
  %x = load <16 x float>, <16 x float>* %p
  %y = call <16 x float> @llvm.fma.v16f32(<16 x float> %x, <16 x float> %x, <16 x float> %x)
  ret <16 x float> %y
}
declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
"""


def _cpu() -> tuple[str, str]:
    """Return name and features of the CPU, as they were set for Numba (`NUMBA_CPU_NAME`,
    `NUMBA_CPU_FEATURES`) or as the host has them. A name alone stands for that CPU's own features."""
    name = getattr(numba.config, "CPU_NAME", None)
    features = getattr(numba.config, "CPU_FEATURES", None)
    if features is None:
        features = llvm.get_host_cpu_features().flatten() if name is None else ""
    return name or llvm.get_host_cpu_name(), features


def vector_bytes() -> int:
    """Return the width of the widest vectors that the CPU multiplies and adds in one instruction:
    64, 32 or 16 bytes.

    Seen from the code that LLVM makes, which also knows of CPUs whose wide vectors are slow.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = _cpu()
    machine = llvm.Target.from_default_triple().create_target_machine(name, features)
    code = machine.emit_assembly(llvm.parse_assembly(_MULTIPLY_ADD))
    if "zmm" in code:
        return 64
    return 32 if "ymm" in code and "vfmadd" in code else 16
