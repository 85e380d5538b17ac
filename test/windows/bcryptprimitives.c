/* What Go asks of Windows and Wine 8.0 lacks: ProcessPrng, and deletion by
 * FileDispositionInformationEx, which Wine answers with a status for which Go's
 * os.RemoveAll has no fallback. Every Go program loads this DLL, so it hooks
 * ntdll's NtSetInformationFile while it is loaded. */
#include <windows.h>
#include <winternl.h>
#include <string.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return SystemFunction036(data, size); }
typedef NTSTATUS(NTAPI *set_info)(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, int);
static set_info original;
static NTSTATUS NTAPI hook(HANDLE h, PIO_STATUS_BLOCK io, PVOID p, ULONG n, int class) {
	/* STATUS_INVALID_INFO_CLASS: what a Windows too old for it says. */
	return class == 64 ? (NTSTATUS)0xC0000003 : original(h, io, p, n, class);
}
BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
	if (reason != DLL_PROCESS_ATTACH) return TRUE;
	unsigned char *f = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtSetInformationFile");
	unsigned char *copy = VirtualAlloc(0, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
	unsigned char jump[12] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0}; /* mov rax, hook; jmp rax */
	void *to = hook;
	DWORD old;
	if (!f || !copy || !VirtualProtect(f, 32, PAGE_EXECUTE_READWRITE, &old)) return FALSE;
	memcpy(copy, f, 32); /* the whole of it, which needs no relocation */
	original = (set_info)copy;
	memcpy(jump + 2, &to, 8);
	memcpy(f, jump, sizeof jump);
	VirtualProtect(f, 32, old, &old);
	return TRUE;
}
