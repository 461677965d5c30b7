"""What is run on a kernel in a virtual machine, by what it is about."""

SUITES = {
    "functions": ("tests/vm/test_vm_functions.py",),
    "hotplug": ("tests/kernel/programs/test_hotplug.py",),
    "dashboard": ("tests/vm/test_vm_dashboard.py",),
    "scripts": ("tests/kernel/scripts/test_library.py",),
    "cases": ("tests/vm/test_vm_cases.py",),
}
"""Files of tests by suite."""
FEW = ("functions", "hotplug", "dashboard", "scripts")
"""Those that are run by default; the cases take a quarter of an hour on an emulated machine."""
RESULT = "@@ result "
"""Begins the line that a guest's tests end with."""
